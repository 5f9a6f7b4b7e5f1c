import { createMemoryState } from './memory-state.ts';
import { stateContract } from './testing/state-contract.ts';

stateContract('the state in memory', async (now) => createMemoryState({ now }));
