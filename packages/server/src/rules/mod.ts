export { openRules, type Rules, type RulesLogger, type RulesOptions } from './rules.ts';
