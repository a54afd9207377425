import type { Incident, IncidentList } from "../model/incident.ts";
import { xmlText } from "./xml.ts";

/** Renders incidents as an Atom feed. https://www.rfc-editor.org/rfc/rfc4287 */
export function incidentFeed({ incidents, known_since, generated_at }: IncidentList, base: URL): string {
  const root = base.href.replace(/\/+$/, "");
  const updated = incidents.map(updatedOf).reduce((latest, at) => (at > latest ? at : latest), "");
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<title>Incidents</title>
<id>${xmlText(`${root}/incidents.atom`)}</id>
<link rel="self" type="application/atom+xml" href="${xmlText(`${root}/incidents.atom`)}"/>
<link rel="alternate" type="text/html" href="${xmlText(`${root}/`)}"/>
<updated>${updated === "" ? (known_since ?? generated_at) : updated}</updated>
<author><name>heartbeat-exporter</name></author>
${incidents.map((incident) => entryOf(incident, root)).join("\n")}
</feed>
`;
}

const updatedOf = ({ from, to }: Incident): string => to ?? from;

function entryOf(incident: Incident, root: string): string {
  const { id, kind, name, status, from, to, reasons, detail, flaps } = incident;
  const url = `${root}/page/incidents/${id}`;
  const what = status === "unhealthy" ? "down" : "degraded";
  // Not the length of one that lasts, which would change the entry with every second.
  const title = to === null ? `${name} is ${what}` : incident.title;
  const lines = [
    `${kind} ${name} ${to === null ? "is" : "was"} ${what}`,
    `from ${from}${to === null ? ", still" : ` to ${to}`}`,
    ...(reasons.length === 0 ? [] : [`reasons: ${reasons.join(", ")}`]),
    ...(flaps === 0 ? [] : [`recovered ${flaps} times for a short time`]),
    ...(detail === null ? [] : [detail]),
  ];
  return `<entry>
<title>${xmlText(title)}</title>
<id>${xmlText(url)}</id>
<link rel="alternate" href="${xmlText(url)}"/>
<published>${from}</published>
<updated>${updatedOf(incident)}</updated>
<category term="${status}"/>
<content type="text">${xmlText(lines.join("; "))}</content>
</entry>`;
}
