// Hardware for the jobs of this process: what works, how many sessions there are, and who has them.
export {
  HardwareDesk,
  hardwareDesk,
  surveyHardware,
  type EncoderFinding,
  type HardwareCustomer,
} from './hardware-desk.js';
export { testSoftware } from './hardware-tests.js';
