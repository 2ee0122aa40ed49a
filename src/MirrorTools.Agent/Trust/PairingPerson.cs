using System.Text;

namespace MirrorTools.Agent.Trust;

/// <summary>
/// Who an agent says it is while pairing; part of what its proof covers.
/// <code>
///   0                               16  17
///  +-------------------------------+---+-------------+---+--------------------------
///  | agentId (RFC 9562 order)      |len| name (UTF-8)| n | n x (length, host:port)
///  +-------------------------------+---+-------------+---+--------------------------
/// </code>
/// </summary>
/// <param name="AgentId">The agent's identity.</param>
/// <param name="Name">The agent's name.</param>
/// <param name="Addresses">Where its link listens; empty where it only connects.</param>
internal sealed record PairingPerson(Guid AgentId, string Name, IReadOnlyList<string> Addresses)
{
    public const int MaxNameBytes = 128;
    private const int GuidBytes = 16;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static PairingPerson? TryRead(ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (bytes.Length < GuidBytes + 2)
            {
                return null;
            }

            var agentId = new Guid(bytes[..GuidBytes], bigEndian: true);
            bytes = bytes[GuidBytes..];
            var name = Take(ref bytes);
            int count = bytes[0];
            bytes = bytes[1..];
            var addresses = new List<string>();
            for (int i = 0; i < count && count <= PairingCode.MaxAddresses; i++)
            {
                addresses.Add(Take(ref bytes));
            }

            bool good = bytes.IsEmpty && addresses.Count == count && agentId != Guid.Empty && name.Length > 0
                && Encoding.UTF8.GetByteCount(name) <= MaxNameBytes && !name.Any(char.IsControl) && addresses.TrueForAll(PeerAddress.IsValid);
            return good ? new PairingPerson(agentId, name, addresses) : null;
        }
        catch (Exception error) when (error is ArgumentException or IndexOutOfRangeException)
        {
            // Lengths that lead beyond the end, or bytes that are no UTF-8: malformed, which is all the caller needs to know.
            return null;
        }
    }

    public byte[] ToBytes()
    {
        var name = Encoding.UTF8.GetBytes(Name);
        byte[] bytes = [.. AgentId.ToByteArray(bigEndian: true), checked((byte)name.Length), .. name, (byte)Addresses.Count];
        return Addresses.Aggregate(bytes, (all, address) =>
        {
            var text = Encoding.UTF8.GetBytes(address);
            return [.. all, checked((byte)text.Length), .. text];
        });
    }

    private static string Take(ref ReadOnlySpan<byte> bytes)
    {
        var text = Strict.GetString(bytes.Slice(1, bytes[0]));
        bytes = bytes[(1 + bytes[0])..];
        return text;
    }
}
