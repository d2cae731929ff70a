/**
 * A roster of any size, the same for the same seed: names carry commas, quotes, apostrophes and
 * accents.
 */
export function makeRoster(rows: number, seed = 1): string {
  let state = seed >>> 0;
  const random = () => { // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)]!;
  const lines = [
    "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus",
  ];
  for (let i = 0; i < rows; i++) {
    const row = [
      `student${seed}.${i}@college.edu`,
      `S${seed}X${String(i).padStart(7, "0")}`,
      pick(lastNames),
      pick(firstNames),
      `(${pick(areaCodes)}) 555-${String(1000 + Math.floor(random() * 9000))}`,
      `${two(1 + Math.floor(random() * 12))}/${two(1 + Math.floor(random() * 28))}/${
        1998 + Math.floor(random() * 10)
      }`,
      pick(["Undergraduate", "Graduate", "Nursing"]),
      pick(["Fall 2026", "Spring 2027"]),
      pick(["0", "1"]),
    ];
    lines.push(row.map(quote).join(","));
  }
  return lines.join("\r\n") + "\r\n";
}

const lastNames = [
  "Nguyen",
  "García",
  "O'Brien",
  "Smith, Jr.",
  "Müller",
  "Kowalski",
  "d'Árbó",
  'Lee "LJ"',
  "Okafor",
  "李",
];
const firstNames = [
  "Ana",
  "José",
  "Mary Ann",
  "Zoë",
  "Wei",
  "Björn",
  "Amina",
  "Luca",
  "Chloé",
  "Sam",
];
const areaCodes = ["212", "415", "614", "937"];

function two(k: number): string {
  return String(k).padStart(2, "0");
}

function quote(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
