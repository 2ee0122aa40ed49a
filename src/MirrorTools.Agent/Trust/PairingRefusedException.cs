namespace MirrorTools.Agent.Trust;

/// <summary>The other side ended the pairing, and said why.</summary>
internal sealed class PairingRefusedException(PairingStatus status) : Exception($"Pairing was refused: {status}.")
{
    /// <summary>Why.</summary>
    public PairingStatus Status { get; } = status;
}
