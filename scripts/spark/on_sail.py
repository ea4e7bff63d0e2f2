"""Runs a job against a Sail server of its own: on_sail.py JOB ARGUMENTS"""

import os
import subprocess
import sys

from pysail.spark import SparkConnectServer

server = SparkConnectServer("127.0.0.1", 0)
server.start(background=True)
os.environ["SPARK_REMOTE"] = f"sc://127.0.0.1:{server.listening_address[1]}"
code = subprocess.run([sys.executable, *sys.argv[1:]], check=False).returncode
server.stop()
sys.exit(code)
