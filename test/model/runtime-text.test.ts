import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runtimeError, runtimeText } from '../../src/model/runtime-text';

const RAW =
  "Non-zero status code returned while running Reshape node. Name:'flat' Status Message: " +
  '/onnxruntime_src/onnxruntime/core/providers/cpu/tensor/reshape_helper.h:47 onnxruntime::ReshapeHelper::ReshapeHelper(' +
  'const onnxruntime::TensorShape&, onnxruntime::TensorShapeVector&, bool) input_shape_size == size was false. The input\n' +
  'tensor cannot be reshaped to the requested shape.';

describe('what the runtime says', () => {
  it('is one line without its source files and functions', () => {
    assert.equal(
      runtimeText(new Error(RAW)),
      "Non-zero status code returned while running Reshape node. Name:'flat' Status Message: " +
        'input_shape_size == size was false. The input tensor cannot be reshaped to the requested shape.',
    );
  });

  it('has no source file without a folder either', () => {
    const raw = 'tensorprotoutils.cc:1422 GetSizeInBytesFromTensorProto Out of bounds dimensions in TypeProto';
    assert.equal(runtimeText(new Error(raw)), 'Out of bounds dimensions in TypeProto');
  });

  it('is cut where it is long', () => {
    assert.equal(runtimeText(new Error('x'.repeat(9000))).length, 240);
  });

  it('about memory that is short is nothing wrong with the model', () => {
    for (const text of ['std::bad_alloc', 'Failed to allocate memory for requested buffer of size 123']) {
      assert.equal(runtimeError(new Error(text), 'MODEL_INVALID', 'It cannot be run').code, 'OUT_OF_MEMORY');
    }
    const error = runtimeError(new Error(RAW), 'MODEL_INVALID', 'It cannot be run');
    assert.deepEqual([error.code, error.message.includes('/')], ['MODEL_INVALID', false]);
  });
});
