using MirrorTools.Engine.Volumes;

namespace MirrorTools.Engine.Journal;

/// <summary>Reading blocks of which each has another copy elsewhere.</summary>
internal static class BlockReading
{
    /// <summary>
    /// Reads blocks, and once more where what came is not sound: a torn block stays torn, but one that was only read wrong must not be taken for it, or an older copy would count.
    /// </summary>
    /// <param name="device">The medium.</param>
    /// <param name="offsetBytes">Where they begin.</param>
    /// <param name="buffer">Where they go.</param>
    /// <param name="isSound">Says whether every block is empty or has its checksum.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async ValueTask ReadBlocksAsync(
        this IBlockDevice device, long offsetBytes, Memory<byte> buffer, Func<ReadOnlyMemory<byte>, bool> isSound, CancellationToken cancellationToken)
    {
        await device.ReadBlocksAsync(offsetBytes, buffer, cancellationToken);
        if (!isSound(buffer))
        {
            await device.ReadBlocksAsync(offsetBytes, buffer, cancellationToken);
        }
    }

    /// <summary>Reads blocks of 4 KiB; a block that the medium can't read is filled with a pattern that no block has.</summary>
    public static async ValueTask ReadBlocksAsync(this IBlockDevice device, long offsetBytes, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            await device.ReadAsync(offsetBytes, buffer, cancellationToken);
            return;
        }
        catch (BlockDeviceException e) when (e.Fault == BlockDeviceFault.MediumError)
        {
            // One bad sector must not take its neighbours: go on block by block.
        }

        for (int done = 0; done < buffer.Length; done += BlockHeader.BlockBytes)
        {
            Memory<byte> block = buffer.Slice(done, Math.Min(BlockHeader.BlockBytes, buffer.Length - done));
            try
            {
                await device.ReadAsync(offsetBytes + done, block, cancellationToken);
            }
            catch (BlockDeviceException e) when (e.Fault == BlockDeviceFault.MediumError)
            {
                // The other copy of the block decides; where there is none, the part is reported as corrupt.
                block.Span.Fill(0xFF);
            }
        }
    }
}
