// Commands do not outlive this process, however it ends: a shell that hears of its end kills them.
import { spawn, type ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';

/** Keeps the list of what runs, one line a change; at the end of its input it kills what is on it. */
const SCRIPT = `
all=' '
while read -r change pid; do
  if [ "$change" = + ]; then all="$all$pid "; else all="\${all%% "$pid" *} \${all#* "$pid" }"; fi
done
for pid in $all; do kill -9 "$pid"; done
`;

/** Whether commands have groups of their own: a signal of the terminal, as for Ctrl-C, is then not theirs. */
export const OWN_GROUPS = process.platform !== 'win32';

let leash: ChildProcess | undefined;
const held = new Set<number>();

/** Has a process killed when this one ends, until `release`. */
export function hold(pid: number): void {
  if (!OWN_GROUPS || pid === 0) return;
  held.add(pid);
  if (leash !== undefined) {
    say(`+ ${String(pid)}\n`);
    return;
  }
  const child = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  leash = child;
  const gone = (): void => {
    // The next command starts another one, which is told of all that run.
    if (leash === child) leash = undefined;
  };
  child.once('error', gone).once('exit', gone);
  child.stdin.on('error', gone);
  // Neither the shell nor the pipe to it keeps this process from ending.
  child.unref();
  (child.stdin as Writable & { unref?: () => void }).unref?.();
  say([...held].map((each) => `+ ${String(each)}\n`).join(''));
}

/** A process is gone, and its number may become another one's. */
export function release(pid: number): void {
  if (held.delete(pid)) say(`- ${String(pid)}\n`);
}

function say(lines: string): void {
  leash?.stdin?.write(lines);
}
