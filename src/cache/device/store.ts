// What the tier on a device needs of whoever reaches its memory.

/** Memory of a device, as narrow as it can be: whoever has a context on one can write it. */
export interface DeviceStore<Handle = unknown> {
  /** Why nothing can be asked any more, in one sentence: what it kept is gone. Undefined while it works. */
  readonly failure: string | undefined;
  /**
   * Opens the device, and gives the bytes of memory that it has; asked once, before anything else. Rejects with a sentence
   * that says why it cannot.
   */
  open(): Promise<number>;
  /** Bytes that nobody uses now, this process or another one. */
  freeBytes(): Promise<number>;
  /** Sets memory aside; undefined where the device has none left. */
  reserve(bytes: number): Promise<Handle | undefined>;
  /** Fills it from its beginning; the bytes are the caller's again once it is done. */
  upload(handle: Handle, bytes: Uint8Array): Promise<void>;
  /** What was filled, in memory of the caller. */
  download(handle: Handle, bytes: number): Promise<Uint8Array>;
  /** Gives memory back; it is not waited for. */
  free(handle: Handle): void;
  /** Lets go of the device; nothing is asked of it then. */
  close(): Promise<void>;
}
