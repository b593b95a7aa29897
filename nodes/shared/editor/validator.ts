import { describeValue, InspectionError } from '../../../src/contract/errors';
import { applies, Refusal, valueOf, type NodeProperties, type Property, type Raw } from '../properties';
import type { EditorNode, Validator } from './red';

/**
 * Makes the validator of a property, from the same table that the run time reads by.
 *
 * @param current the values that the others have at the moment: in the open dialog, else in the node
 */
export function validatorOf(
  properties: NodeProperties,
  name: string,
  property: Property,
  current: (node: EditorNode) => Raw,
): Validator {
  const { type, table } = properties;
  // two parameters: that is how the editor knows that a sentence may come back
  return function validate(value, _options) {
    const others = current(this);
    if (!applies(property, table, others)) return true;
    const received = valueOf(property, value);
    try {
      property.read(received, others);
      return true;
    } catch (error) {
      // what is inside an object or a list has names that no caption knows: the run time's sentence says more
      if (error instanceof InspectionError && (property.kind === 'json' || property.kind === 'list')) {
        return error.message;
      }
      const { key, values } = error instanceof Refusal ? error.expectation : property.expects;
      return this._('inspection.expected.sentence', {
        what: this._(`inspection.expected.${key}`, { ...values }),
        property: this._(`${type}.label.${name}`),
        // user and password may be typed where they do not belong: what is shown must not repeat them
        value: name === 'url' ? '…' : describeValue(received),
      });
    }
  };
}
