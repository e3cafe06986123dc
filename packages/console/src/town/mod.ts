export { ServicesProvider, useServices, useTown, type Services } from './context.tsx';
export { createTown, type Town, type TownState } from './town.ts';
