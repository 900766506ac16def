// Keeps msgpackr, which lmdb imports, from loading native code. It is unused: values are bytes.
process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED = 'true'
