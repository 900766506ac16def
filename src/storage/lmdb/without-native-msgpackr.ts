// lmdb imports msgpackr, which would load native code into the process. Values here are bytes.
process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED = 'true'
