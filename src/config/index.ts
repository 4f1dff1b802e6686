// What an engine is set up with: presets, the settings that come of them, and configuration files.
export { parseConfig, type ConfigDocument, type ConfigPath, type Duplicate } from './document.js';
export { Variables, type Environment } from './environment.js';
export { BATCH_MODES, PRESETS, type BatchMode, type PoolStart, type PresetName, type Settings } from './presets.js';
export { settingsOf } from './settings.js';
export { FileWatch, readText, type WatchHandlers, type WatchTimes } from './watch.js';
