/** The tab's picture: a bridge. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#0b5c63"/>
<path d="M4 22h24M7 22v-9M25 22v-9M7 13c3 6 15 6 18 0M11.5 16.5V22M16 18v4M20.5 16.5V22" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round"/>
</svg>`;
