// Remote files as sources of blocks. Their code is loaded where an input is one.
export type { RemoteFile } from './remote-file.js';
export { RemoteFiles, type RemoteDeadline } from './remote-files.js';
export type { RemoteOptions } from './remote-options.js';
export type { RemoteReceipt, RemoteTimes } from './tally.js';
