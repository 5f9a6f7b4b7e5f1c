import { createMemoryState } from './memory-state.ts';
import { stateContract } from './state-contract.ts';

stateContract('the state in memory', async (now) => createMemoryState({ now }));
