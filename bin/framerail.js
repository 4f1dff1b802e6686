#!/usr/bin/env node
// A relay dials before its own code is read: that is most of its start.
if (process.argv[2] === 'relay') await (await import('../dist/relay/early-dial.js')).dialEarly(process.argv.slice(3));
await import('../dist/cli/main.js');
