import { versionOf, type NodeProperties, type Property } from '../properties';
import { Dialog } from './dialog';
import type { Default, EditorDefinition, EditorNode, Red } from './red';
import { validatorOf } from './validator';

declare const RED: Red;

/** What the editor has to know of a node beside its properties. */
export interface EditorLook {
  /** None for a configuration node. */
  color?: string;
  inputs?: number;
  /** Keys of `<type>.output.<key>`; the number of outputs. */
  outputs?: readonly string[];
  /** Instead of the type, when the node has no name. */
  label?(node: EditorNode): string;
  /** Adds to the dialog what no property is: buttons, pictures. */
  prepare?(dialog: Dialog): void;
  /** What is wrong with a value beyond what its table knows, in a sentence; undefined: nothing. */
  check?(node: EditorNode, name: string, value: unknown): string | undefined;
}

/** Registers a node type with the editor: defaults, validators and dialog from the table of its properties. */
export function defineEditor(properties: NodeProperties, look: EditorLook): void {
  const { type, isConfig = false } = properties;
  const { outputs } = look;
  const title = type.replaceAll('-', ' ');
  let dialog: Dialog | undefined;

  /** The values as they are on the screen while the dialog of this very node is open. */
  const current = (node: EditorNode) => (dialog?.node === node ? dialog.values() : node);

  const definition: EditorDefinition = {
    category: isConfig ? 'config' : 'inspection',
    defaults: { name: { value: '' }, version: { value: versionOf(properties) } },
    label() {
      return this.name || look.label?.(this) || title;
    },
    oneditprepare() {
      dialog = new Dialog(this, properties, isConfig);
      dialog.fill();
      look.prepare?.(dialog);
    },
    oneditsave() {
      dialog?.save();
      dialog = undefined;
    },
    oneditcancel() {
      dialog?.close();
      dialog = undefined;
    },
    oneditresize: () => dialog?.resize(),
  };
  for (const [name, property] of Object.entries(properties.table)) {
    if (property.kind === 'credential' || property.kind === 'password') {
      definition.credentials ??= {};
      definition.credentials[name] = { type: property.kind === 'password' ? 'password' : 'text' };
    } else {
      definition.defaults[name] = defaultOf(properties, name, property, current, look);
    }
  }
  if (!isConfig) {
    Object.assign(definition, {
      color: look.color,
      icon: `${type}.svg`,
      paletteLabel: title,
      inputs: look.inputs ?? 1,
      outputs: outputs?.length ?? 1,
      labelStyle(this: EditorNode) {
        return this.name ? 'node_label_italic' : '';
      },
    });
    if (outputs !== undefined) {
      definition.outputLabels = function (index) {
        return this._(`${type}.output.${outputs[index]}`);
      };
    }
  }
  RED.nodes.registerType(type, definition);
}

function defaultOf(
  properties: NodeProperties,
  name: string,
  property: Property,
  current: (node: EditorNode) => Readonly<Record<string, unknown>>,
  look: EditorLook,
): Default {
  if (property.kind === 'node') {
    // the editor itself checks that the configuration node is there and valid
    return { value: '', type: property.nodeType, required: property.required ?? false };
  }
  const byTable = validatorOf(properties, name, property, current);
  return {
    value: property.default,
    validate(value, options) {
      const answer = byTable.call(this, value, options);
      return answer === true ? (look.check?.(this, name, value) ?? true) : answer;
    },
  };
}
