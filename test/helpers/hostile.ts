/** Texts that a target, a log line, a header or a person may send to break what shows them. */
export const HOSTILE_TEXTS: Readonly<Record<string, string>> = {
  script: "<script>alert(1)</script>",
  attribute: '" onload="alert(1)" x="',
  entity: "&amp; &#0; &lt;b&gt; ]]> <!-- --> <?php",
  reordered: "abc\u202Egnp.exe\u2066x\u2069",
  nul: "a\u0000b\u0007c\u001B[2Jd",
  lines: "one\r\ntwo\u2028three\u0085four",
  surrogates: "half \uD83D pair \uDE00 and \uFFFE\uFFFF",
  long: "long ".repeat(2000),
  emoji: "👩‍👩‍👧‍👦 e\u0301 ｗｉｄｅ 漢字",
};

/** Characters that no plain form shows as they are: controls except newlines, and marks that reorder text. */
export const INVISIBLE = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u;
