// What the kernel of this machine can refuse to a process. What it cannot is said aloud, so that no test is left out in silence.
import { landlockVersion } from '#dist/os/landlock.js';
import { hasFilter } from '#dist/os/seccomp.js';

const version = process.platform === 'linux' ? landlockVersion() : 'not Linux';

/** The version of Landlock; 0 where there is none. */
export const LANDLOCK = typeof version === 'number' ? version : 0;
/** Whether system calls can be filtered. */
export const SECCOMP = process.platform === 'linux' && hasFilter();

if (LANDLOCK === 0) console.warn(`Not tried here: rules of Landlock, as the kernel has none (${String(version)}).`);
if (!SECCOMP) console.warn(`Not tried here: filters of system calls, on ${process.platform}-${process.arch}.`);
