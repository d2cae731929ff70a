/** What waits to be sent, in the hands of one worker until an instant: should that one die, another takes it. */
export interface Lease {
  /** A new id: only its holder writes down what came of the sending. */
  id: string;
  now: string;
  until: string;
}
