# SPDX-License-Identifier: Apache-2.0
import os
import tempfile

import numpy as np
import pandas as pd

KEY = "depths"


def main():
    frame = pd.DataFrame({"m": np.arange(5) ** 2}, index=list("abcde"))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "d.h5")
        frame.to_hdf(path, key=KEY, mode="w")
        again = pd.read_hdf(path, KEY)
    print(again.loc["d", "m"], again.equals(frame))


if __name__ == "__main__":
    main()
