// Which origins are connected beside the one that feeds a relay: those that are wanted more, and one standby at most.
import type { Member } from './member.js';
import type { FailoverOptions } from './terms.js';

/** Milliseconds for which a connection is kept that nobody needs any more: trouble seldom comes alone. */
const CALM = 10_000;

/** What is arranged for. */
export interface Situation extends Pick<FailoverOptions, 'standby' | 'failbackAfter'> {
  /** Who feeds the relay; undefined while nobody does, or not well: then everybody may be needed. */
  readonly onAir: Member | undefined;
}

/**
 * Dials who is wanted and lets go of who is not.
 * @param now - by the monotonic clock in milliseconds
 */
export function arrange(members: readonly Member[], situation: Situation, now: number): void {
  const { onAir } = situation;
  const wanted = onAir === undefined ? new Set(members.filter(isListener)) : wantedBeside(members, onAir, situation);
  for (const member of members) {
    const { link } = member;
    if (member === onAir || wanted.has(member)) {
      member.idleSince = undefined;
      if (link.state === 'idle') link.dial();
    } else if (onAir === undefined || link.state === 'idle') member.idleSince = undefined;
    else if (now - (member.idleSince ??= now) > CALM) link.close();
  }
}

function wantedBeside(members: readonly Member[], onAir: Member, { standby, failbackAfter }: Situation): Set<Member> {
  // Who is pushed to costs nothing until somebody pushes, and turns publishers away while it does not listen.
  const wanted = new Set(members.filter(isListener));
  if (Number.isFinite(failbackAfter))
    for (const member of members.slice(0, onAir.index)) {
      wanted.add(member);
      if (member.flows) break;
    }
  if (standby === 'cold' || [...wanted].some(({ flows }) => flows)) return wanted;
  const { index } = onAir;
  for (const member of [...members.slice(index + 1), ...members.slice(0, index)]) {
    wanted.add(member);
    // One is enough: the next one is asked where it is lost, or brings nothing.
    const { state } = member.link;
    if (
      member.flows ||
      (member.trouble === undefined && state !== 'waiting' && state !== 'failed' && state !== 'ended')
    )
      break;
  }
  return wanted;
}

function isListener({ source }: Member): boolean {
  return source.listens === true;
}
