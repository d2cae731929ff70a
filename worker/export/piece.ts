/** What the words of a schedule mean, piece by piece. */

/** Read, but with no meaning that a cron expression can keep: the sentence that says why. */
export interface Inexpressible {
  refusal: string;
}

export interface Time {
  hour: number;
  minute: number;
}

export type Piece =
  | { kind: "interval"; minute: string; hour: string }
  /** `once`: the words said once; "daily" with two times is fine, "once a day" with two is not. */
  | { kind: "count"; count: number; once: boolean }
  /** Every day, but only between evening and morning, and only at a time that is named. */
  | { kind: "nights" }
  | { kind: "weekdays"; days: Set<number>; size: number }
  | { kind: "monthdays"; ofMonth: string; ofWeek: string; size: number; ofTheMonth: boolean }
  /** Taken away from the days that are said. */
  | { kind: "except"; days: Set<number> }
  /** Every year or quarter, on a day that is named. */
  | { kind: "year" }
  | { kind: "quarter" }
  | { kind: "date"; month: number; day: number; everyYear: boolean }
  /** From one whole hour of the day to another, both included. */
  | { kind: "window"; from: number; to: number }
  /** `times`: how often a week, when that was said. */
  | { kind: "week"; times: number | undefined }
  | { kind: "month"; once: boolean }
  | { kind: "times"; times: Time[] };
