/**
 * What goes wrong, as an SFTP status: the code and the sentence the client shows.
 */
import ssh2 from "ssh2";
import { Refusal, type RefusalReason } from "../home/home.ts";

const { STATUS_CODE } = ssh2.utils.sftp;

export interface Status {
  code: number;
  message: string;
}

export const OK: Status = { code: STATUS_CODE.OK, message: "OK" };
export const END_OF_FILE: Status = { code: STATUS_CODE.EOF, message: "End of file" };

const codes: Record<RefusalReason, number> = {
  no_such_file: STATUS_CODE.NO_SUCH_FILE,
  permission_denied: STATUS_CODE.PERMISSION_DENIED,
  failure: STATUS_CODE.FAILURE,
  bad_message: STATUS_CODE.BAD_MESSAGE,
  unsupported: STATUS_CODE.OP_UNSUPPORTED,
};

/** Said when the fault is ours and its details are for the log, not for the client. */
export const OUR_FAULT = "The service could not do this because of a fault of its own. " +
  "Try again later; if it stays so, tell the service's operator.";

export function statusOf(error: unknown): Status {
  if (error instanceof Refusal) return { code: codes[error.reason], message: error.message };
  return { code: STATUS_CODE.FAILURE, message: OUR_FAULT };
}
