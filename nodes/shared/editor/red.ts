// What is used of the editor's own API. @types/node-red knows validators as they were before Node-RED 3: those that answer
// with a sentence take two parameters, and that is how the editor tells them apart.

import type { FlowPart } from '../upstream';

/** A node while it is in the editor. */
export interface EditorNode extends Record<string, unknown> {
  id: string;
  type: string;
  name?: string;
  /** A caption of the node's own catalogue. */
  _(key: string, values?: Record<string, string | number>): string;
}

export type Validator = (this: EditorNode, value: unknown, options: object) => true | string;

export interface Default {
  value: unknown;
  required?: boolean;
  type?: string;
  label?: string;
  validate?: Validator;
}

/** What registerType takes. */
export interface EditorDefinition {
  category: string;
  color?: string;
  defaults: Record<string, Default>;
  credentials?: Record<string, { type: 'text' | 'password' }>;
  inputs?: number;
  outputs?: number;
  icon?: string;
  paletteLabel?: string;
  inputLabels?: (this: EditorNode) => string;
  outputLabels?: (this: EditorNode, index: number) => string;
  label(this: EditorNode): string;
  labelStyle?(this: EditorNode): string;
  oneditprepare?(this: EditorNode): void;
  oneditsave?(this: EditorNode): void;
  oneditcancel?(this: EditorNode): void;
  oneditresize?(this: EditorNode): void;
}

/** The code editor (Monaco or Ace) behind a JSON property. */
export interface CodeEditor {
  getValue(): string;
  setValue(text: string): void;
  getSession(): { on(event: 'change', listener: () => void): void };
  resize(): void;
  destroy(): void;
}

export interface Red {
  nodes: {
    registerType(type: string, definition: EditorDefinition): void;
    /** All nodes as they would be exported, configuration nodes too. */
    createCompleteNodeSet(): FlowPart[];
  };
  editor: { createEditor(options: { id: string; mode: string; value: string }): CodeEditor };
}
