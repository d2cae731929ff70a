import assert from "node:assert/strict";
import { test } from "node:test";
import { readWords } from "../../../worker/export/words.ts";

const read: [words: string, cron: string][] = [
  ["once a day at midnight", "0 0 * * *"],
  ["one a day at midnight", "0 0 * * *"],
  ["“One a day at midnight”", "0 0 * * *"],
  ["daily at 6pm", "0 18 * * *"],
  ["every weekday at 6:30 pm", "30 18 * * 1-5"],
  ["every weekday, at 6:30 p.m.", "30 18 * * 1-5"],
  ["every monday and thursday at 07:00", "0 7 * * 1,4"],
  ["Mondays, Wednesdays, and Fridays at 9 a.m.", "0 9 * * 1,3,5"],
  ["monday to friday at 18:00", "0 18 * * 1-5"],
  ["fri - mon at 10pm", "0 22 * * 0,1,5,6"],
  ["every 15 minutes", "*/15 * * * *"],
  ["every fifteen minutes on weekdays", "*/15 * * * 1-5"],
  ["every half hour", "*/30 * * * *"],
  ["four times an hour", "*/15 * * * *"],
  ["every minute", "* * * * *"],
  ["hourly", "0 * * * *"],
  ["every 60 minutes", "0 * * * *"],
  ["every 2 hours", "0 */2 * * *"],
  ["every 24 hours", "0 0 * * *"],
  ["daily", "0 0 * * *"],
  ["twice a day", "0 0,12 * * *"],
  ["three times a day on weekends", "0 0,8,16 * * 0,6"],
  ["twice a day at 6:30 am and 6:30 pm", "30 6,18 * * *"],
  ["first day of the month at noon", "0 12 1 * *"],
  ["at noon on the last day of every month", "0 12 L * *"],
  ["monthly on the 1st and 15th at 06:00", "0 6 1,15 * *"],
  ["second monday of the month at 6pm", "0 18 * * 1#2"],
  ["last friday of each month at 17:00", "0 17 * * 5#L"],
  ["every night at 2 am", "0 2 * * *"],
  ["at midnight every day", "0 0 * * *"],
  ["every day at 12:15 am", "15 0 * * *"],
  ["every day at 12pm", "0 12 * * *"],
];

for (const [words, cron] of read) {
  test(`words are turned into a cron expression: ${words}`, () => {
    assert.deepEqual(readWords(words), { cron });
  });
}

const refused: [words: string, understood: string[], message: RegExp][] = [
  ["every 45 minutes", [], /cannot be spaced evenly/],
  ["every 90 minutes", [], /cannot be spaced evenly/],
  ["every 5 hours", [], /cannot be spaced evenly/],
  ["7 times an hour", [], /cannot be spaced evenly/],
  ["0 times an hour", [], /cannot be spaced evenly/],
  ["every 0 minutes", [], /cannot be spaced evenly/],
  ["every 30 seconds", [], /at most once a minute/],
  ["five times a day", ["five times a day"], /do not fall on whole hours/],
  ["every other day at noon", [], /no evenly spaced form/],
  ["every 2 weeks on monday at noon", [], /cannot count weeks/],
  ["every second monday at 6pm", ["every second monday", "at 6pm"], /add "of the month"/],
  ["fifth monday of the month at noon", [], /not every month has 5/],
  ["31st of the month at noon", [], /last day of the month/],
  ["45th of the month at noon", [], /no month has a day 45/],
  ["daily at 6", ["daily"], /morning or evening; write 6 am, 6 pm or 06:00/],
  ["daily at 6:30", ["daily"], /morning or evening/],
  ["daily at 25:00", ["daily"], /hours are 00 to 23/],
  ["daily at 13pm", ["daily"], /1 to 12/],
  ["daily at 6:75pm", ["daily"], /minutes end at 59/],
  ["daily at 6am and 6:30pm", ["daily", "at 6am and 6:30pm"], /share the minute/],
  ["once a day at 6am and 6pm", ["once a day", "at 6am and 6pm"], /says once a day/],
  ["twice a day at noon", ["twice a day", "at noon"], /says 2 times a day, but names 1/],
  ["every 15 minutes at noon", ["every 15 minutes", "at noon"], /choose one/],
  ["every monday", ["every monday"], /not at what time/],
  ["6pm", ["6pm"], /not on which days/],
  ["weekly at noon", ["weekly", "at noon"], /not on which day/],
  ["monthly at noon", ["monthly", "at noon"], /not on which day/],
  ["once a week on mon and thu at noon", ["once a week", "on mon and thu", "at noon"], /names 2/],
  ["every night at noon", ["every night", "at noon"], /time of the day/],
  ["every weekday at half past six", ["every weekday"], /cannot read "at half past six"/],
  ["every weekday at 6pm or so", ["every weekday", "at 6pm"], /cannot read "or so"/],
  ["daily at noon daily", ["daily", "at noon"], /says again/],
  ["whenever you like", [], /cannot read "whenever you like"/],
  ["", [], /nothing was written/],
];

for (const [words, understood, message] of refused) {
  test(`words that cannot be read are never guessed: ${words || "nothing"}`, () => {
    const reading = readWords(words);
    assert.ok("message" in reading);
    assert.deepEqual(reading.understood, understood);
    assert.match(reading.message, message);
  });
}
