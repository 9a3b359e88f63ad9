# SPDX-License-Identifier: Apache-2.0
"""Prints the golden bytes of tests/core/io/event_file_test.cpp, encoded by the TensorBoard package."""
import struct

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c


def show(name, **fields):
    print(name, Event(wall_time=1.5, **fields).SerializeToString(deterministic=True).hex())


def show_value(name, **fields):
    show(name, step=300, summary=Summary(value=[Summary.Value(**fields)]))


show("version", file_version="brain.Event:2")
show("purge", step=300, session_log=SessionLog(status=SessionLog.START))
show_value("scalar", tag="loss/a", simple_value=0.25)
show_value("histogram", tag="w", histo=HistogramProto(
    min=-1, max=2, num=3, sum=1.5, sum_squares=5.25, bucket_limit=[0.5, 2], bucket=[1, 2]))
show_value("image", tag="i", image=Summary.Image(height=2, width=300, colorspace=3, encoded_image_string=b"\x89PNG"))
data, length = b"weft", struct.pack("<Q", 4)
crc = [struct.pack("<I", masked_crc32c(part)) for part in (length, data)]
print("record", (length + crc[0] + data + crc[1]).hex())
