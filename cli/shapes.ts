/** The answers of the admin routes that commands look into. */
export interface School {
  slug: string;
  name: string;
  createdAt: string;
  suspendedAt?: string;
}

export interface Key {
  fingerprint: string;
  type: string;
  bits: number | null;
  label: string | null;
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
}

export interface RowCounts {
  read: number;
  added: number;
  updated: number;
  unchanged: number;
  rejected: number;
  warnings: number;
}

export interface Upload {
  id: string;
  name: string;
  timeCode: string;
  state: string;
  heldBecause?: string;
  size: number;
  rows: RowCounts;
  acceptedAt: string;
  completedAt: string | null;
}

export interface Progress {
  state: string;
  bytes: number;
  size: number;
  rows: RowCounts;
}

export interface Problem {
  line: number;
  username: string;
  column: string;
  severity: string;
  code: string;
  message: string;
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

export interface Schedule {
  cron: string;
  timezone: string;
  description: string;
  nextRuns: { utc: string; local: string }[];
}

export interface Student {
  username: string;
  studentId: string | null;
  lastName: string | null;
  firstName: string | null;
  verifiedAt: string | null;
  status?: string;
}

export interface Verified {
  verified: string[];
  alreadyVerified: string[];
  unknown: string[];
}
