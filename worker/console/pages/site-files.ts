/** Files that clients import: a site with everything but the private key, and the template. */
import type { School } from "../answers.ts";

/** Where a school comes in; `null` while its bridge has not said. */
export interface Connection {
  host: string | null;
  port: number | null;
  hostKeys: string[];
}

export const templateCsv =
  "Username,StudentId,LastName,FirstName,Telephone,Dob,RequirementGroup,Term,OnCampus\r\n";

/** WinSCP's configuration (its names: winscp.net/eng/docs/rawsettings); 2: SFTP and nothing else. */
export function winScpSite({ slug, name }: School, { host, port }: Connection): string {
  const lines = [
    `[Sessions\\${encodeURIComponent(name)}]`,
    `HostName=${host ?? ""}`,
    `PortNumber=${port ?? 2222}`,
    `UserName=${slug}`,
    "FSProtocol=2",
    "RemoteDirectory=/inbound",
    "UpdateDirectories=0",
    "PreserveTime=1",
  ];
  return lines.map((line) => `${line}\r\n`).join("");
}

/** FileZilla's site manager: protocol 1 is SFTP, logon type 5 a key file. */
export function fileZillaSite({ slug, name }: School, { host, port }: Connection): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<FileZilla3>
  <Servers>
    <Server>
      <Host>${escape(host ?? "")}</Host>
      <Port>${port ?? 2222}</Port>
      <Protocol>1</Protocol>
      <Type>0</Type>
      <User>${escape(slug)}</User>
      <Logontype>5</Logontype>
      <Name>${escape(name)}</Name>
      <RemoteDir>1 0 7 inbound</RemoteDir>
    </Server>
  </Servers>
</FileZilla3>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
