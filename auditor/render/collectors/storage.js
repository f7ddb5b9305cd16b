// Keys only. Pages without an origin of their own refuse; that is no fault.
function keysOf(name) {
  const keys = [];
  try {
    const storage = window[name];
    for (let i = 0; i < storage.length && i < 500; i += 1) keys[i] = String(storage.key(i)).slice(0, 200);
  } catch (error) {
    return [];
  }
  return keys;
}
return { local_storage: keysOf('localStorage'), session_storage: keysOf('sessionStorage') };
