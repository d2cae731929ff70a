/** @jsxImportSource hono/jsx */
/** Pictures, made here as SVG: they need no script and no other host. */

export interface Day {
  /** YYYY-MM-DD, UTC. */
  day: string;
  applied: number;
  withRejections: number;
  refused: number;
}

const WIDTH = 720;
const HEIGHT = 150;
const FOOT = 20;
const LEFT = 34;

const parts = [
  ["applied", "good", "applied"],
  ["withRejections", "warn", "applied, some rows rejected"],
  ["refused", "bad", "rejected, held or parked"],
] as const;

/** Uploads a day, one bar a day; the same as a table for those who do not see it. */
export function UploadsChart({ days }: { days: readonly Day[] }) {
  const totals = days.map((day) => day.applied + day.withRejections + day.refused);
  const most = niceMost(Math.max(1, ...totals));
  const step = (WIDTH - LEFT) / days.length;
  const height = (number: number) => (number / most) * (HEIGHT - FOOT - 8);
  const all = totals.reduce((sum, total) => sum + total, 0);
  return (
    <figure class="card">
      <h2>Uploads of the last {days.length} days</h2>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${all} uploads in ${days.length} days; most on one day: ${
          Math.max(...totals)
        }`}
      >
        {[0, most / 2, most].map((number) => {
          const y = HEIGHT - FOOT - height(number);
          return (
            <>
              <line class="axis" x1={LEFT} x2={WIDTH} y1={y} y2={y} />
              <text x={LEFT - 6} y={y + 4} text-anchor="end">
                {Number.isInteger(number) ? number : ""}
              </text>
            </>
          );
        })}
        {days.map((day, i) => {
          let y = HEIGHT - FOOT;
          return (
            <g>
              <title>{`${day.day}: ${totals[i]} uploads`}</title>
              {parts.map(([name, tone]) => {
                const tall = height(day[name]);
                y -= tall;
                return tall === 0 ? null : (
                  <rect
                    class={`bar-${tone}`}
                    x={round(LEFT + i * step + step * 0.15)}
                    width={round(step * 0.7)}
                    y={round(y)}
                    height={round(tall)}
                    rx="1.5"
                  />
                );
              })}
              {i % 7 === 0 && (
                <text x={round(LEFT + i * step)} y={HEIGHT - 4}>{day.day.slice(5)}</text>
              )}
            </g>
          );
        })}
      </svg>
      <ul class="legend">
        {parts.map(([, tone, words]) => (
          <li class={tone}>
            <span>{words}</span>
          </li>
        ))}
      </ul>
    </figure>
  );
}

const counted = [
  ["added", "good", "added"],
  ["updated", "accent", "updated"],
  ["unchanged", "idle", "unchanged"],
  ["rejected", "bad", "rejected"],
] as const;

/** What became of a file's rows, as one bar. */
export function RowsBar({ rows }: {
  rows: { added: number; updated: number; unchanged: number; rejected: number };
}) {
  const all = counted.reduce((sum, [name]) => sum + rows[name], 0);
  if (all === 0) return null;
  let x = 0;
  return (
    <>
      <svg
        viewBox="0 0 720 22"
        role="img"
        aria-label={counted.map(([name, , words]) => `${rows[name]} ${words}`).join(", ")}
      >
        {counted.map(([name, tone]) => {
          // What is there can be seen, however little it is.
          const width = rows[name] === 0 ? 0 : Math.max(3, (rows[name] / all) * 720);
          const bar = (
            <rect class={`bar-${tone}`} x={round(x)} y="0" height="22" width={round(width)} />
          );
          x += width;
          return width === 0 ? null : bar;
        })}
      </svg>
      <ul class="legend">
        {counted.map(([name, tone, words]) => (
          <li class={tone}>
            <span>
              <strong>{rows[name].toLocaleString("en-US")}</strong> {words}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function niceMost(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 4, 6, 10].map((step) => step * power).find((nice) => nice >= most)!;
}

const round = (number: number) => Math.round(number * 10) / 10;
