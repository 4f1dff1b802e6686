// The entry point of the process that keeps memory of a device: a driver that crashes or hangs takes nobody else with it, and
// what it has open on the device ends with it.
import { messageOf, systemCode } from '../../base/index.js';
import { attachSharedRegion, dieWithParent, openCudaMemory, type CudaMemory } from '../../os/index.js';
import { WINDOW_FD, type FromKeeper, type KeeperSetup, type ToKeeper } from './keeper-protocol.js';

const setup = JSON.parse(process.argv[2] ?? '{}') as KeeperSetup;
dieWithParent(setup.parent);
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);

const region = attachSharedRegion(WINDOW_FD);
let memory: CudaMemory | undefined;
process.on('message', (message) => {
  let answer: FromKeeper;
  try {
    memory ??= openCudaMemory(setup.driver);
    answer = answerTo(message as ToKeeper, memory);
  } catch (error) {
    answer = { failed: messageOf(error), code: systemCode(error) };
  }
  process.send?.(answer);
});

function answerTo(question: ToKeeper, device: CudaMemory): FromKeeper {
  switch (question.ask) {
    case 'sizes':
      return device.sizes();
    case 'reserve':
      return { address: device.reserve(question.bytes) };
    case 'upload':
      device.upload(question.address, region.view(0, question.length));
      return { done: true };
    case 'download':
      device.download(question.address, region.view(0, question.length));
      return { done: true };
    case 'free':
      device.free(question.address);
      return { done: true };
  }
}
