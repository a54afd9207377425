/** What a public view shows beside names and statuses. */
export const PUBLIC_DETAILS = ["addresses", "reasons", "latency"] as const;
/** One of `PUBLIC_DETAILS`. */
export type PublicDetail = (typeof PUBLIC_DETAILS)[number];

/** A view of chosen groups for people outside. */
export interface PublicPage {
  /** Below the route prefix; starts with a slash. */
  readonly path: string;
  readonly title: string;
  /** Names of configured groups, in their order on the page. */
  readonly groups: readonly string[];
  readonly show: ReadonlySet<PublicDetail>;
  readonly announcement?: string;
}
