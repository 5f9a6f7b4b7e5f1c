import { type Check, finding } from '../finding.ts';

const dayMs = 86_400_000;
const soonDays = 30;

export const certificatesEnding: Check = ({ certificates, now }) =>
  certificates.flatMap(({ file, endsMs }) => {
    const days = Math.floor((endsMs - now) / dayMs);
    const todo = `have ${file} written anew: it is taken up while the mesh runs`;
    if (days < 0) return [finding('error', `the certificate ${file} ended on ${new Date(endsMs).toISOString()}`, todo)];
    return days < soonDays ? [finding('warning', `the certificate ${file} ends in ${days} days`, todo)] : [];
  });
