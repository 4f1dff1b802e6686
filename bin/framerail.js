#!/usr/bin/env node
import { packedModule } from '../dist/base/packed-module.js';

const load = (path) => import(packedModule(new URL(`../dist/${path}`, import.meta.url).href));
// A relay dials before its own code is read: that is most of its start.
if (process.argv[2] === 'relay') await (await load('relay/early-dial.js')).dialEarly(process.argv.slice(3));
await load('cli/main.js');
