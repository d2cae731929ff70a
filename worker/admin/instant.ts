/** Instants as people write them (RFC 3339): a day of the calendar, a time, and where that time is. */
import * as v from "valibot";

const sentence = "it takes a day, a time and its zone, such as 2027-01-31T00:00:00Z or " +
  "2027-01-31T00:00:00-05:00";

/** Text; read it with `Date.parse`. JavaScript by itself reads February 30 as March 2. */
export const InstantText = v.pipe(
  v.string(sentence),
  v.isoTimestamp(sentence),
  v.rawCheck(({ dataset, addIssue }) => {
    // What is not written as an instant was told so already.
    if (dataset.typed && !dataset.issues && !isRealDay(dataset.value)) {
      addIssue({ message: "its day is none of the calendar" });
    }
  }),
);

function isRealDay(text: string): boolean {
  const [year, month, day] = text.slice(0, 10).split("-").map(Number);
  return day! >= 1 && new Date(Date.UTC(year!, month!, 0)).getUTCDate() >= day!;
}
