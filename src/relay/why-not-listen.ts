// Why a port cannot be listened on, in words.
import { systemCode } from '../base/index.js';

/** What the system said, as the end of a sentence. */
export function whyNotListen(error: unknown): string {
  const code = systemCode(error);
  return (
    { EADDRINUSE: 'the port is taken', EACCES: 'this user may not', EADDRNOTAVAIL: 'it is no address of this machine' }[
      code
    ] ?? code
  );
}
