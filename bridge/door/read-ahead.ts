/**
 * Reading of a connection that nobody serves yet: as long as something of it is unread, its end is not
 * noticed.
 */
import type { Socket } from "node:net";

/** Who says more before it is greeted is not read any further. */
const MOST_BYTES = 16 * 1024;

/** The answer has what was read be read once more, by whom `serve` has listen and resume the socket. */
export function readAhead(socket: Socket): (serve: () => void) => void {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const keep = (piece: Buffer) => {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > MOST_BYTES) socket.pause();
  };
  socket.on("data", keep);
  return (serve) => {
    if (socket.readableEnded) return; // It closes by itself.
    socket.off("data", keep).pause();
    if (bytes > 0) socket.unshift(Buffer.concat(pieces));
    serve();
  };
}
