// What an engine is set up with: presets, and the settings that come of them.
export { BATCH_MODES, PRESETS, type BatchMode, type PoolStart, type PresetName, type Settings } from './presets.js';
export { settingsOf } from './settings.js';
