import React from 'react';
import type { ReactNode } from 'react-types';
export const Page = ({ children }: { children: ReactNode }) => <main>{children}</main>;
