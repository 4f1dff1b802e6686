// What node-av's high-level API calls and Node 20 does not have: without it its packets end at once, in silence.

Object.assign(Promise, {
  withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (reason: unknown) => void } {
    let settle: { resolve: (value: T) => void; reject: (reason: unknown) => void } | undefined;
    const promise = new Promise<T>((resolve, reject) => {
      settle = { resolve, reject };
    });
    if (settle === undefined) throw new Error('A promise runs its executor at once.');
    return { promise, ...settle };
  },
});
