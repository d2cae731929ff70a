/** What was given up is held no more; why it was is in its report. School plane. */
export const statements: string[] = [
  `UPDATE uploads SET held_because = NULL
    WHERE held_because IS NOT NULL AND state NOT IN ('held', 'parked')`,
];
