// The ffmpeg and ffprobe commands of the machine, run with deadlines and pipes: for where no native code can be loaded.
export { findCommands, type CommandBuild } from './build.js';
export { filterNames, formatsOfEncoder, hasSoundEncoder, usualCodec, videoEncoders } from './catalogue.js';
export { Command, type CommandOptions } from './command.js';
export { LineCutter } from './lines.js';
export type { CommandLine } from './log-lines.js';
export { ProcessGroup } from './process-group.js';
export { CommandSession, type SessionOptions } from './session.js';
