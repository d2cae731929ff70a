/**
 * `rotate_key`: a new version of the school's storage key. Acknowledged as soon as it is there; the
 * copying of older files goes on by itself, so that the school's other commands do not wait for it.
 */
import type { Handler } from "./command.ts";

export const rotateKey: Handler<"rotate_key"> = async (command, { rotation, done }) => {
  await rotation.begin(command.schoolId, done(command));
};
