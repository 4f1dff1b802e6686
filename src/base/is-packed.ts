/** Whether this code was packed into few files (see `packed-module.ts`): packing makes it true. */
export const isPacked: boolean = false;
