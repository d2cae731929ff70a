/** All migrations in order. A released one is never changed; a change is a new one. */
import type { Migration } from "./migration.ts";
import { statements as rosters } from "./0001-rosters.ts";
import { statements as exports } from "./0002-exports.ts";
import { statements as telling } from "./0003-telling.ts";
import { statements as rosterProgress } from "./0004-roster-progress.ts";
import { statements as exportsInPieces } from "./0005-exports-in-pieces.ts";
import { statements as wire } from "./0006-wire.ts";
import { statements as notUnderstood } from "./0007-not-understood.ts";
import { statements as tokens } from "./0008-tokens.ts";
import { statements as rosterLayout } from "./0009-roster-layout.ts";
import { statements as rosterCounters } from "./0010-roster-counters.ts";
import { statements as formerSchools } from "./0011-former-schools.ts";
import { statements as storage } from "./0012-storage.ts";
import { statements as packedFiles } from "./0013-packed-files.ts";
import { statements as uploadsOfAll } from "./0014-uploads-of-all.ts";
import { statements as sessions } from "./0015-sessions.ts";
import { statements as bridgeRuns } from "./0016-bridge-runs.ts";
import { statements as lastUse } from "./0017-last-use.ts";
import { statements as studentChanges } from "./0018-student-changes.ts";
import { statements as door } from "./0019-door.ts";
import { statements as checks } from "./0020-checks.ts";
import { statements as seals } from "./0021-seals.ts";
import { statements as reverts } from "./0022-reverts.ts";
import { statements as repeats } from "./0023-repeats.ts";
import { statements as statusChanges } from "./0024-status-changes.ts";
import { statements as runsHeard } from "./0025-runs-heard.ts";
import { statements as schedulesReckoned } from "./0026-schedules-reckoned.ts";
import { statements as foundBy } from "./0027-found-by.ts";
import { statements as deferredSlices } from "./0028-deferred-slices.ts";
import { statements as revertsUnderWay } from "./0029-reverts-under-way.ts";
import { statements as watchesReckoned } from "./0030-watches-reckoned.ts";
import { statements as exportsOfAll } from "./0031-exports-of-all.ts";
import { statements as waitingFirst } from "./0032-waiting-first.ts";
import { statements as figures } from "./0033-figures.ts";
import { statements as revertsAgain } from "./0034-reverts-again.ts";
import { statements as heldNoMore } from "./0035-held-no-more.ts";
import { statements as revertedBy } from "./0036-reverted-by.ts";

export const migrations: readonly Migration[] = [
  { number: 1, name: "rosters", statements: rosters },
  { number: 2, name: "exports", statements: exports },
  { number: 3, name: "telling", statements: telling },
  { number: 4, name: "roster progress", statements: rosterProgress },
  { number: 5, name: "exports in pieces", statements: exportsInPieces },
  { number: 6, name: "wire", statements: wire },
  { number: 7, name: "not understood", statements: notUnderstood },
  { number: 8, name: "tokens", statements: tokens },
  { number: 9, name: "roster layout", statements: rosterLayout },
  { number: 10, name: "roster counters", statements: rosterCounters },
  { number: 11, name: "former schools", statements: formerSchools },
  { number: 12, name: "storage", statements: storage },
  { number: 13, name: "packed files", statements: packedFiles },
  { number: 14, name: "uploads of all", statements: uploadsOfAll },
  { number: 15, name: "sessions", statements: sessions },
  { number: 16, name: "bridge runs", statements: bridgeRuns },
  { number: 17, name: "last use", statements: lastUse },
  { number: 18, name: "student changes", statements: studentChanges },
  { number: 19, name: "door", statements: door },
  { number: 20, name: "checks", statements: checks },
  { number: 21, name: "seals", statements: seals },
  { number: 22, name: "reverts", statements: reverts },
  { number: 23, name: "repeats", statements: repeats },
  { number: 24, name: "status changes", statements: statusChanges },
  { number: 25, name: "runs heard", statements: runsHeard },
  { number: 26, name: "schedules reckoned", statements: schedulesReckoned },
  { number: 27, name: "found by", statements: foundBy },
  { number: 28, name: "deferred slices", statements: deferredSlices },
  { number: 29, name: "reverts under way", statements: revertsUnderWay },
  { number: 30, name: "watches reckoned", statements: watchesReckoned },
  { number: 31, name: "exports of all", statements: exportsOfAll },
  { number: 32, name: "waiting first", statements: waitingFirst },
  { number: 33, name: "figures", statements: figures },
  { number: 34, name: "reverts again", statements: revertsAgain },
  { number: 35, name: "held no more", statements: heldNoMore },
  { number: 36, name: "reverted by", statements: revertedBy },
];
