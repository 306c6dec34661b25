import { x } from 'ini'; export const other = x;
