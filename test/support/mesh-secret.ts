/** A secret that meshes of tests have in their folder, for tests that ask a service itself. */
export const testSecret = 'what-the-meshes-of-these-tests-share';
/** What a call shows. */
export const testBearer = ['authorization', `Bearer ${testSecret}`] as const;
/** The file, and what mesh.yaml has to say of it. */
export const secretFile = { 'mesh.secret': testSecret };
export const secretLine = 'secret: { file: mesh.secret }\n';
