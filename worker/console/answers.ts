/** What pages look at in the answers of the admin routes. */

export interface School {
  slug: string;
  name: string;
  settings: Record<string, unknown>;
  createdAt: string;
  bridge: string;
  suspendedAt?: string;
  purgeStartedAt?: string;
}

export interface RowCounts {
  read: number;
  added: number;
  updated: number;
  unchanged: number;
  rejected: number;
  warnings: number;
  unprocessed: number;
  left?: number;
  returned?: number;
}

export interface Upload {
  id: string;
  /** The school's slug, in lists over all schools. */
  school?: string;
  name: string;
  timeCode: string;
  state: string;
  size: number;
  sha256: string;
  rows: RowCounts;
  heldBecause?: unknown;
  sender: { fingerprint: string; address: string; client: string };
  acceptedAt: string;
  completedAt: string | null;
}

export interface Problem {
  line: number;
  username: string;
  column: string;
  severity: "info" | "warning" | "error";
  code: string;
  message: string;
}

/** What was wrong in an upload, by code. */
export interface ProblemGroup {
  code: string;
  severity: "warning" | "error";
  count: number;
  first: Problem;
}

export interface Key {
  fingerprint: string;
  type: string;
  bits: number | null;
  label: string;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  lastUsedAt?: string | null;
}

export interface Contact {
  id: string;
  email: string;
  name: string;
  wants: string[];
  digestAt: string | null;
  timezone: string | null;
  note?: string;
}

export interface Schedule {
  cron: string;
  timezone: string;
  description: string;
  nextRuns: { utc: string; local: string }[];
}

export interface Export {
  id: string;
  name: string;
  state: string;
  students: number;
  dueAt: string;
  deliveredAt: string | null;
  downloadedAt: string | null;
}

export interface HomeFile {
  path: string;
  state: string;
  size: number;
  at: string;
  note?: string;
  downloadedAt?: string | null;
}

export interface Student {
  username: string;
  studentId: string | null;
  lastName: string | null;
  firstName: string | null;
  telephone: string | null;
  dob: string | null;
  requirementGroup: string | null;
  term: string | null;
  onCampus: boolean | null;
  verifiedAt: string | null;
  status?: "active" | "inactive";
}

export interface Webhook {
  id: string;
  school?: string | null;
  url: string;
  kinds: string[] | null;
  description: string;
  state: string;
  failures: number;
  createdAt: string;
  secret?: string;
}

export interface Delivery {
  id: string;
  kind: string;
  state: string;
  createdAt: string;
  tries: number;
}

export interface Mail {
  id: string;
  state: string;
  createdAt: string;
  address: string | null;
  subject: string | null;
  answer: string | null;
}

export interface AuditEntry {
  id: number;
  at: string;
  actor: string;
  action: string;
  school: string | null;
  detail: Record<string, unknown>;
}

/** `GET /admin/overview` */
export interface Overview {
  standing: { id: string; school: string; name: string; state: string; acceptedAt: string }[];
  silent: { school: string; since: string }[];
  expiringKeys: { school: string; fingerprint: string; label: string; expiresAt: string }[];
  notDownloaded: { school: string; id: string; name: string; deliveredAt: string }[];
  bridges: { name: string; seenAt: string }[];
  days: { day: string; applied: number; withRejections: number; refused: number }[];
  schools: number;
  students: number;
}
