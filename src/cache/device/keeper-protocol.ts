// What a process that keeps memory of a device is asked, and what it answers; once each, in order. Bytes lie in a window that
// both have mapped, from its beginning.

/** Bytes of the window. */
export const WINDOW = 8 * 1024 * 1024;
/** The descriptor that it is inherited by. */
export const WINDOW_FD = 4;

/** One question. Addresses are those of the device. */
export type ToKeeper =
  | { readonly ask: 'sizes' }
  | { readonly ask: 'reserve'; readonly bytes: number }
  | { readonly ask: 'upload'; readonly address: bigint; readonly length: number }
  | { readonly ask: 'download'; readonly address: bigint; readonly length: number }
  | { readonly ask: 'free'; readonly address: bigint };

/** Its answer. */
export type FromKeeper =
  | { readonly total: number; readonly free: number }
  | { readonly address: bigint | undefined }
  | { readonly done: true }
  | { readonly failed: string; readonly code: string };

/** What it is started with. */
export interface KeeperSetup {
  readonly parent: number;
  /** The path of the driver's library; undefined for the system's. */
  readonly driver?: string | undefined;
}
