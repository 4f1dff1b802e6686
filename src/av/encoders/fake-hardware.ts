// Hardware that is none: libx264 behind the manners of a driver. It wants aligned NV12, gives few sessions, runs out of
// memory and dies when it is told to; its pictures are real. FRAMERAIL_FAKE_HARDWARE describes it, and without that it
// does not exist.
import { mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Packet, type Stream } from 'node-av/lib';
import { FramerailError } from '../../base/index.js';
import { FAKE_HARDWARE } from '../../hardware/index.js';
import { check } from '../averror.js';
import { AVERROR_ENOMEM, AVERROR_EXTERNAL } from '../constants.js';
import type { Picture } from '../picture.js';
import type { Ratio } from '../../base/index.js';
import type { EncoderChange } from '../../spelling/index.js';
import type { EncoderSettings, VideoEncoder } from './encoder.js';
import { LibavEncoder } from './libav-encoder.js';

/** What goes wrong with it. */
export interface FakeHardware {
  /** A folder where its sessions are counted, over all processes. */
  readonly folder: string;
  /** Sessions that it gives at once; further ones get ENOMEM. @defaultValue 100 */
  readonly sessions?: number;
  /** Pictures after which a session dies. @defaultValue never */
  readonly dieAfter?: number;
  /** Where it dies; `silent` loses a packet and says nothing. @defaultValue 'send' */
  readonly dieAt?: 'send' | 'receive' | 'drain' | 'silent';
  /** Pictures that it holds back, beside those of libx264. @defaultValue 0 */
  readonly delay?: number;
  /** Ends the whole process when it is opened, as a bad driver does. @defaultValue false */
  readonly crash?: boolean;
  /** Frames after which its decoder dies. @defaultValue never */
  readonly decoderDiesAfter?: number;
}

/** What the environment says; throws FR_ENCODE_FAILED where it says nothing. */
export function fakeHardware(): FakeHardware {
  const text = process.env[FAKE_HARDWARE];
  if (text === undefined) throw failure('is not here', AVERROR_EXTERNAL);
  return JSON.parse(text) as FakeHardware;
}

/** A session of the fake hardware. */
export class FakeEncoder implements VideoEncoder {
  readonly name = 'fake_hw';
  readonly #spec: FakeHardware;
  readonly #encoder: LibavEncoder;
  readonly #mark: string;
  #sent = 0;
  #received = 0;
  #draining = false;
  #taken = 0;
  readonly #held: Packet[] = [];

  private constructor(spec: FakeHardware, encoder: LibavEncoder, mark: string) {
    this.#spec = spec;
    this.#encoder = encoder;
    this.#mark = mark;
  }

  /** Opens a session; throws FR_ENCODE_FAILED or FR_MEMORY_BUDGET as a driver fails. */
  static open(settings: EncoderSettings): FakeEncoder {
    const spec = fakeHardware();
    if (spec.crash === true) process.kill(process.pid, 'SIGSEGV');
    const { width, height, format } = settings;
    if (width % 16 !== 0 || height % 16 !== 0 || width < 64 || height < 64 || format !== 'nv12')
      throw failure(`takes no ${String(width)}x${String(height)} ${format}`, -22);
    mkdirSync(spec.folder, { recursive: true });
    const mark = takeSession(spec.folder, spec.sessions ?? 100);
    if (mark === undefined)
      throw new FramerailError('FR_MEMORY_BUDGET', 'The fake hardware has no session left: Cannot allocate memory.', {
        details: { averror: AVERROR_ENOMEM },
      });
    try {
      return new FakeEncoder(spec, LibavEncoder.open('libx264', { ...settings, threads: 2 }), mark);
    } catch (error) {
      rmSync(mark);
      throw error;
    }
  }

  get timeBase(): Ratio {
    return this.#encoder.timeBase;
  }

  get parameters(): Buffer | undefined {
    return this.#encoder.parameters;
  }

  send(picture: Picture, keyframe: boolean): void {
    this.#dieAt('send');
    this.#encoder.send(picture, keyframe);
    this.#sent += 1;
  }

  drain(): void {
    this.#dieAt('drain');
    this.#encoder.drain();
    this.#draining = true;
  }

  receive(packet: Packet): boolean {
    this.#dieAt('receive');
    this.#collect();
    const { delay = 0 } = this.#spec;
    if (!this.#draining && this.#sent - this.#received <= delay) return false;
    const next = this.#held.shift();
    if (next === undefined) return false;
    this.#received += 1;
    packet.unref();
    check(packet.ref(next), 'FR_MEMORY_BUDGET', 'A packet could not be kept');
    next.free();
    return true;
  }

  /** Takes what libx264 has ready; one packet is lost on the way when that was asked for. */
  #collect(): void {
    const { dieAt, dieAfter = 0 } = this.#spec;
    for (;;) {
      const packet = new Packet();
      packet.alloc();
      if (!this.#encoder.receive(packet)) {
        packet.free();
        return;
      }
      this.#taken += 1;
      if (dieAt === 'silent' && this.#taken === dieAfter + 1) packet.free();
      else this.#held.push(packet);
    }
  }

  /** Dies here when that was asked for and as many pictures as were asked for have gone in. */
  #dieAt(place: FakeHardware['dieAt']): void {
    const { dieAfter, dieAt = 'send' } = this.#spec;
    if (dieAfter !== undefined && dieAt === place && this.#sent >= dieAfter)
      throw failure(`died after ${String(this.#sent)} pictures`, AVERROR_EXTERNAL);
  }

  /** Must be opened anew for any change, as most hardware. */
  change(_change: EncoderChange): boolean {
    return false;
  }

  describe(stream: Stream): void {
    this.#encoder.describe(stream);
  }

  close(): void {
    for (const packet of this.#held.splice(0)) packet.free();
    this.#encoder.close();
    rmSync(this.#mark, { force: true });
  }
}

/** Takes one of so many sessions: a link that says whose it is, since making one fails where there is one already. */
function takeSession(folder: string, count: number): string | undefined {
  for (let i = 0; i < count; i++) {
    const mark = join(folder, String(i));
    try {
      // A driver takes back the sessions of dead processes.
      if (!lives(Number(readlinkSync(mark)))) rmSync(mark, { force: true });
    } catch {
      // Nobody has it.
    }
    try {
      symlinkSync(String(process.pid), mark);
      return mark;
    } catch {
      // Somebody has it, or was quicker.
    }
  }
  return undefined;
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function failure(what: string, averror: number): FramerailError {
  return new FramerailError('FR_ENCODE_FAILED', `The fake hardware ${what}.`, { details: { averror } });
}
